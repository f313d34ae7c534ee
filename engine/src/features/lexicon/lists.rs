//! The lists, each in alphabetic order.

use super::Class;

/// The words of each class, a blank between two.
pub(super) const LISTS: [(Class, &str); super::CLASSES] = [
    (
        Class::Hard,
        "adversarial amortized architect architecture asymptotic atomicity axiom bijection \
         byzantine causal closed-form compiler concurrency concurrent conjecture consensus \
         consistency contrapositive convergence converges counterexample cryptographic deadlock \
         deadlocks derivation derive deriving disprove distributed eigenvalue eigenvalues \
         equilibrium eventual failover fault-tolerant formalize formally geodesic hamiltonian \
         homomorphism idempotent induction infinitely integral invariant invariants irreducible \
         isomorphic isomorphism lagrangian lemma linearizability linearizable lock-free \
         manifold multi-region np-complete np-hard optimality optimization orthogonal partition \
         partitions paxos proof proofs prove proving quorum raft recurrence replication \
         rigorous rigorously scalability scalable sharding soundness stochastic theorem \
         theorems threat throughput topological topology trade-off trade-offs tradeoff \
         tradeoffs undecidable zero-downtime zero-knowledge",
    ),
    (
        Class::Task,
        "algorithm algorithms analyse analyze api argue bug build calculate calculates class \
         code compare complexity compute convert create critique css database debug debugging \
         deploy describe design difference differences docker draft email error essay estimate \
         evaluate example examples explain explaining fix function functions generate guide \
         html identify implement implementation improve java javascript json kubernetes letter \
         method migrate migration module optimise optimize outline paragraph parse parser \
         performance plan poem postgres program proposal prs pull python query react refactor \
         refactoring regex report review rewrite rust schema script server service show \
         simulate solve sql story strategy suggest summarise summarize summary test tests \
         thread-safe translate troubleshoot typescript unit why write yaml",
    ),
    (
        Class::Lookup,
        "bye capital cheers define definition goodbye happy hello hey hi meaning morning name \
         no ok okay please population quick say sorry spell synonym tell thank thanks time \
         welcome what what's when where which who whose word yes",
    ),
    (
        Class::Constraint,
        "assume avoid avoiding constraint constraints each ensure ensuring every exactly given \
         guarantee guarantees handle handles handling including justify least must only \
         preserve preserving require required requirement requirements should step steps \
         strictly support supports then unless while within without",
    ),
    (
        Class::Urgent,
        "asap blocked deadline emergency hurry immediately incident outage p0 p1 quickly rush \
         sev1 tonight urgent urgently",
    ),
    (
        Class::Function,
        "a an and are as at be been but by can could for from had has have he her his i in into \
         is it its of on or she so than that the their there these they this those to was we \
         were which who will with would you",
    ),
    (
        Class::Negation,
        "aren't can't cannot couldn't didn't doesn't don't except excluding fails false \
         incorrect isn't lacks least neither never no none nor not nothing unlike unlikely \
         untrue wasn't without won't",
    ),
    (
        Class::Superlative,
        "best closest earliest fastest greatest highest largest latest least likely longest \
         lowest main maximal maximum minimal minimum most newest oldest optimal primary \
         shortest smallest strongest weakest worst",
    ),
    (
        Class::Comparison,
        "better between both compared difference different equal faster fewer greater higher \
         larger less longer lower more older same shorter similar slower smaller taller than \
         versus vs worse younger",
    ),
    (
        Class::Conditional,
        "assume assuming given if let otherwise provided suppose unless when whenever whether",
    ),
    (
        Class::Quantifier,
        "all always any both each either every exactly few many most must never none only \
         several some",
    ),
    (
        Class::Conjunction,
        "additionally also and both finally furthermore next or plus respectively then while",
    ),
    (
        Class::Ordinal,
        "eighth fifth first fourth last ninth second seventh sixth tenth third",
    ),
    (
        Class::NumberWord,
        "billion dozen eight eleven fifty five forty four hundred million nine one pair seven \
         six sixty ten thirty thousand three twelve twenty two",
    ),
    (
        Class::Relation,
        "above adjacent after before behind below beside between directly immediately left \
         neighbor next opposite right somewhere",
    ),
    (Class::FirstPerson, "i i'm i've me mine my our us we"),
    (
        Class::Prove,
        "demonstrate derive disprove justify proof prove show verify",
    ),
    (
        Class::Write,
        "blog build chinese compose create design draft edit email english essay french \
         generate german haiku implement italian japanese joke korean letter lyrics novel poem \
         portuguese rewrite russian script slogan song spanish speech story translate \
         translation tweet write",
    ),
    (
        Class::Explain,
        "analyse analyze clarify compare describe discuss explain interpret outline summarise \
         summarize why",
    ),
    (
        Class::Calculate,
        "average calculate compute convert determine differentiate estimate evaluate express \
         factor find integrate number simplify solve sum total value",
    ),
    (
        Class::Choose,
        "answer best choose correct false following option select statement true",
    ),
    (
        Class::Enumerate,
        "enumerate examples give identify list name provide",
    ),
    (
        Class::Json,
        "array csv dictionary format json object schema xml yaml",
    ),
    (
        Class::Brief,
        "brief briefly concise concisely just one-word only sentence short simply word",
    ),
    (
        Class::Step,
        "add additional after altogether another as bought buy cost decrease divide double each \
         earn end equally every extra fewer gave give half if increase initially left less many \
         more much original paid pay per quarter remain remaining rest save sell share sold \
         spend spent split start than third times together total triple twice",
    ),
    (
        Class::Money,
        "bill budget buy cent cost discount dollar earn expensive fee interest loan money pay \
         price profit rent salary sale save sell spend tax tip wage worth",
    ),
    (
        Class::Time,
        "afternoon age am annual april august daily day december evening february friday hour \
         january july june march minute monday month monthly morning night november o'clock \
         october old pm saturday second september sunday thursday today tomorrow tuesday \
         wednesday week weekend weekly year yesterday",
    ),
    (
        Class::Measure,
        "acre celsius cm cubic cup degree fahrenheit feet foot gallon gram inch kg kilogram \
         kilometer km liter litre meter metre mile mm mph ounce page percent percentage pound \
         square ton volt watt yard",
    ),
    (
        Class::Everyday,
        "apple bag ball bike bird birthday book bottle box boy bread breakfast brother bus cake \
         candy car cat chicken child class coffee computer cookie cow dad daughter dinner dog \
         dress egg family farm father fish flower friend fruit game garden girl house kid lemon \
         lunch marble milk mom mother movie orange party pencil people person phone pizza room \
         sandwich school shirt shoe shop sister son store student teacher team ticket toy train \
         tree trip water",
    ),
    (
        Class::Law,
        "acceptance admissible amendment appeal appellate arbitration arrest assault attorney \
         battery breach burglary clause commerce congress consent consideration constitution \
         constitutional contract conveyed convicted court crime criminal damages deed defendant \
         easement equity evidence felony guilty hearsay homicide intent judge jurisdiction jury \
         landlord larceny law lawsuit lawyer lease legal legislation liability liable \
         manslaughter mortgage murder negligence offer plaintiff police promissory property \
         prosecution prosecutor remedy robbery search seizure sentenced sovereign statute sue \
         sued suit tenant testimony title tort treaty trespass trial warrant witness",
    ),
    (
        Class::Medicine,
        "acute aids anatomy anemia antibiotic antibody antigen artery asthma bacteria bacterial \
         biopsy blood bone brain cancer carcinoma cardiac cholesterol chronic clinical cranial \
         dementia diabetes diagnose diagnosis diet disease disorder dl doctor dose drug \
         examination facet fetus fever gland health heart hiv hormone hospital hypertension \
         immune infection influenza insulin kidney laboratory lesion liver lung medication mg \
         muscle nerve nurse nutrition obesity pain patient physical physician plasma pneumonia \
         pregnancy pregnant pressure protein pulmonary renal rib serum spinal stroke surgery \
         surgical symptom syndrome therapy thyroid treatment tumor vaccination vaccine vein \
         vertebra viral virus vitamin",
    ),
    (
        Class::Psychology,
        "adolescent anxiety attachment attention attitude behavior behaviour bias child client \
         cognitive conditioning coping counseling counselor depression development emotion \
         erikson experiment freud intelligence iq learning memory mental mood motivation \
         participant perception personality piaget psychological psychologist psychology \
         reinforcement rorschach schizophrenia self-esteem stimulus stress subject theory \
         therapist therapy wechsler",
    ),
    (
        Class::Biology,
        "acid adaptation algae allele amino amphibian animal atp bacteria bacterium bird \
         carbohydrate cell cells chloroplast chromosome cytoplasm dna dominant ecology \
         ecosystem embryo enzyme eukaryote evolution fitness fungi fungus gamete gene genes \
         genetic genome genotype glucose glycolysis habitat hormone insect krebs leaf lipid \
         mammal meiosis membrane mitochondria mitosis mrna mutation natural neuron nucleotide \
         nucleus organ organism phenotype photosynthesis phylum plant pollen population \
         predator prey prokaryote protein receptor recessive replication reptile respiration \
         ribosome rna root seed selection species stem taxonomy tissue transcription \
         translation virus zygote",
    ),
    (
        Class::Physics,
        "acceleration amplitude angular buoyant capacitor charge circuit coil collision current \
         decay density elastic electric electrical electron energy entropy field fluid flux \
         force frequency friction galaxy gas gravitational gravity half-life heat ideal \
         inductance inertia joule kinetic laser lens light magnet magnetic mass mirror momentum \
         moon neutron newton nuclear nucleus optical orbit oscillation particle pendulum photon \
         planet potential power pressure projectile proton quantum radiation radioactive \
         reflection refraction relativity resistance resistor rotation speed spring star sun \
         telescope temperature thermal thermodynamic torque uniform velocity voltage volume \
         watt wave wavelength work",
    ),
    (
        Class::Chemistry,
        "acid alkane alkene alloy ammonia atom atomic base benzene bond bonding buffer calcium \
         carbon catalyst chloride chlorine co2 compound concentration copper covalent crystal \
         electron electronegativity element endothermic enthalpy entropy equilibrium ethanol \
         exothermic formula gas gibbs grams h2o h2so4 hcl hydrogen hydroxide ion ionic iron \
         isomer isotope liters metal methane molar mole molecular molecule moles nacl naoh \
         nitrate nitrogen nmr orbital organic oxidation oxide oxidize oxygen periodic ph pka \
         polymer potassium precipitate product reactant reaction redox reduction sodium \
         solubility soluble solute solution solvent spectroscopy spectrum stoichiometry sulfate \
         titration valence zinc",
    ),
    (
        Class::Algebra,
        "abelian algebra arithmetic basis bijective calculus coefficient complex congruent \
         continuous converge convergent cyclic derivative determinant differentiable digit \
         digits dimension divisible divisor domain eigenvalue equation exponent exponential \
         expression factor factorization field finite function gcd geometric group \
         homomorphism ideal inequality infinite injective integer integers integral \
         intersection inverse irrational isomorphism lcm limit linear log logarithm matrices \
         matrix metric modulo multiple negative nonnegative order polynomial positive prime \
         product quadratic range rank rational real remainder remainders ring root roots \
         sequence series set solve space subgroup subset sum surjective theorem topology \
         transformation union variable vector",
    ),
    (
        Class::Geometry,
        "altitude angle angles arc area axis base bisector centroid chord circle circumcenter \
         circumference circumscribed cone congruent coordinate coordinates cos cosine cube \
         cylinder degrees diagonal diameter ellipse graph height hexagon hyperbola hypotenuse \
         incenter inscribed intersect length line median midpoint octagon parabola parallel \
         parallelogram pentagon perimeter perpendicular plane point polygon prism pyramid \
         radius rectangle rhombus segment side sides similar sin sine slope sphere square tan \
         tangent tetrahedron trapezoid triangle vertex vertices volume width",
    ),
    (
        Class::Probability,
        "arrange arranged arrangements autocorrelation bayes binomial cards chance choose coin \
         coins combination combinations conditional confidence correlation deck deviation dice \
         die distinct distinguishable distribution estimator expectation expected \
         heteroscedasticity hypothesis independent mean median mode normal odds ols permutation \
         permutations poisson probability random randomly regression residual residuals sample \
         sampling significance statistic statistical statistics variance ways",
    ),
    (
        Class::Economics,
        "aggregate bank capital classical competition competitive consumer cost currency curve \
         deficit demand elastic elasticity equilibrium exchange export externality fiscal gdp \
         gnp goods import income inflation interest investment keynesian labor marginal market \
         monetary money monopolist monopoly multiplier oligopoly opportunity output policy \
         price producer profit rate rates recession reserve revenue subsidy supply surplus \
         tariff tax taxes trade unemployment utility wage wages",
    ),
    (
        Class::Business,
        "account accounting annuity asset assets audit auditor balance bond bonds brand budget \
         business cash company compound corporate corporation credit csr customer debit \
         depreciation discount dividend employee employer equity ethical ethics financial firm \
         fiscal inventory invested investment leadership ledger liabilities liability loan \
         management manager marketing net organization organizational partner partnership \
         present product retailer sales share shareholder shares sheet stakeholder statement \
         stock stocks strategic strategy supplier value whistleblowing wholesaler",
    ),
    (
        Class::History,
        "ad ancient archaeological archaeologist aztec bc bce century church civil civilization \
         cold colonial colonies colony communist crusade declaration dynasty egypt egyptian \
         emperor empire erectus greece greek historian historical hitler hominid homo \
         imperialism inca independence king lincoln maya medieval monarchy napoleon nationalism \
         nazi neanderthal neolithic paleolithic pleistocene pope prehistory president queen \
         reform reformation renaissance republic revolution rights roman rome sapiens \
         settlement slave slavery soviet treaty union war wars washington world",
    ),
    (
        Class::Philosophy,
        "ad argues argument aristotle autonomy belief bible buddhist categorical christian \
         claim claims conclusion consciousness consequentialism deontological descartes duty \
         epistemology ethical ethics evil existence fallacy free freedom god good hindu hominem \
         hume imperative islam jewish justice kant kantian knowledge metaphysics mill mind \
         moral morality morally nietzsche obligation permissible philosopher philosophy plato \
         premise quran religion religious right socrates soul utilitarian utilitarianism virtue \
         virtues wrong",
    ),
    (
        Class::Society,
        "africa african america amnesty asia capital census china city class congress countries \
         country cultural culture democracy democratic education election eu europe federal \
         feminist fertility foreign gender geography globalization government inequality \
         international media migration military nation nations nato nuclear party policy \
         political politics population poverty president public race region rights rural russia \
         security senate senator social society sociologist sociology state states un united \
         urban vote voter",
    ),
    (
        Class::Computing,
        "algorithm api argument array binary bit bits boolean buffer byte bytes cache class \
         classifier client code compiler complexity cpu css database dict dictionary dns docker \
         encrypt encryption file float framework function functions git gradient graph hardware \
         hash heap html http index instruction integer ip java javascript json kernel key layer \
         learning library linux list loop machine malware memory method model module network \
         neural node object operating overflow packet parameter pipeline pointer process \
         processor program programming protocol python query queue recursion recursive regex \
         register rust search server shell software sort sorted sql stack string table tcp \
         thread training tree tuple tuples typescript unit unix url variable vulnerability web",
    ),
    (
        Class::Engineering,
        "amplifier antenna armature bandwidth beam bending boiler btu circuit compressor \
         concrete conductivity current cycle diode efficiency engine exchanger feedback filter \
         flow gain generator heat hp hydraulic hz impedance induction laminar laplace lbm line \
         load machine modulation motor nozzle ohms phase pipe psia pump refrigerant resistor \
         reynolds rpm shear signal slip specific steel strain stress synchronous thermodynamic \
         transfer transformer transistor transmission turbine turbulent viscosity voltage watts \
         z-transform",
    ),
    (
        Class::Logic,
        "antecedent argument biconditional clue clues conclusion conditional conjunction \
         consequent consistent contradiction contradictory contrapositive converse deduce \
         disjunction entails equivalent fallacy hence house houses implies imply inconsistent \
         infer inference invalid necessary negation predicate premise premises proposition \
         propositional puzzle quantifier statement statements sufficient syllogism table \
         tautology therefore thus truth unique valid",
    ),
    (
        Class::Science,
        "atmosphere climate control cycle data earth earthquake energy environment erosion \
         experiment fossil fuel gas hypothesis investigate investigation liquid material \
         measure microscope mineral model moon object observation observe ocean planet \
         pollution property renewable resource result rock rocks scientist scientists season \
         soil solar solid students substance sun telescope theory variable volcano water \
         weather weathering",
    ),
];
